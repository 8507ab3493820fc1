/// The text of a unit file (systemd.service(5), systemd.exec(5)): everything is closed that watching and delivering don't need, and
/// each line that a hook may need opened says so.
struct SystemdUnit {
  let program: String
  let rules: String

  var text: String {
    """
    [Unit]
    Description=vi-notify: tells of training runs that have ended
    Documentation=man:vi-notify(1)
    Wants=network-online.target
    After=network-online.target
    StartLimitIntervalSec=0

    [Service]
    # From systemd 253 on: Type=notify-reload, without ExecReload=.
    Type=notify
    NotifyAccess=main
    ExecStart=\(program) watch --rules \(rules) --state /var/lib/vi-notify/state.sqlite
    ExecReload=kill -HUP $MAINPID
    # DATATURE_VI_SECRET_KEY=… and the like, readable by root alone.
    EnvironmentFile=-/etc/vi-notify/environment
    # For ${credential:key} in the rules file:
    # LoadCredential=key:/etc/vi-notify/key
    Restart=on-failure
    RestartSec=5
    # Mistakes that no restart mends: usage, the rules file, the credentials.
    RestartPreventExitStatus=2 64 65 66 77 78
    WatchdogSec=60
    TimeoutStopSec=20
    # We end our hooks ourselves, in order.
    KillMode=mixed

    # A user of its own. Hooks that need your files: User=you, and no DynamicUser=.
    DynamicUser=yes
    StateDirectory=vi-notify
    StateDirectoryMode=0700
    UMask=0077

    # Hooks can write below /var/lib/vi-notify and in a /tmp of their own; for more: ReadWritePaths=/models
    ProtectSystem=strict
    # Hooks that read home directories: ProtectHome=read-only
    ProtectHome=yes
    # Hooks that leave files for others in /tmp: PrivateTmp=no
    PrivateTmp=yes
    # Hooks that use a GPU: PrivateDevices=no, DevicePolicy=auto
    PrivateDevices=yes
    DevicePolicy=closed
    # Hooks that call sudo or another program with rights of its own: NoNewPrivileges=no, RestrictSUIDSGID=no
    NoNewPrivileges=yes
    RestrictSUIDSGID=yes
    CapabilityBoundingSet=
    AmbientCapabilities=
    # Hooks that change users or start containers: PrivateUsers=no, RestrictNamespaces=no
    PrivateUsers=yes
    RestrictNamespaces=yes
    # Hooks that translate code while they run (PyTorch, Node.js, Java): MemoryDenyWriteExecute=no
    MemoryDenyWriteExecute=yes
    # Hooks that speak to devices or raw sockets: add AF_NETLINK, AF_PACKET
    RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
    # Hooks that set priorities or affinities (nice, numactl): SystemCallFilter=@system-service alone
    SystemCallFilter=@system-service
    SystemCallFilter=~@privileged @resources
    SystemCallErrorNumber=EPERM
    SystemCallArchitectures=native
    # Hooks that look at processes of other users: ProtectProc=default, ProcSubset=all
    ProtectProc=invisible
    ProcSubset=pid
    ProtectClock=yes
    ProtectControlGroups=yes
    ProtectHostname=yes
    ProtectKernelLogs=yes
    ProtectKernelModules=yes
    ProtectKernelTunables=yes
    LockPersonality=yes
    RestrictRealtime=yes
    RemoveIPC=yes
    KeyringMode=private

    [Install]
    WantedBy=multi-user.target

    """
  }
}
