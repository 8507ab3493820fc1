import FoundationEssentials

/// Archives made by other programs, in base64: Python's tarfile with gzip, bzip2 and lzma, zstd, and GNU tar.
enum Packed {
  /// A directory, `model_full/run.json` and 16 bytes of `model_full/model.safetensors`, with names in pax headers.
  static let gzip = bytes(
    """
    H4sIAAAAAAACA+3UTQqDMBCG4Sx7jOIBbMYmKfQGPYUI6qL4A0ZXxbs3BkpB6FKh+D6bGbIKfHzT9mXV5PXUNBe1FR3crI0zWM+4\
    i5VMO5255V20iFNnq3Yw+bEYwlfUMbXf/IepS5++7zbJ3xnzO/9MVvmL0yF/Tf6beyUh9keZ3JeZF8mscND+xzX1RV2NVef7we/X\
    //X9vxpn6P8eTp87MJ8jGgEAAAAAAAAAAAAAwP95AzAVMhgAKAAA
    """)

  static let bzip2 = bytes(
    """
    QlpoOTFBWSZTWcpR6rwAAMdfgdrEUAH/kAQiAgDnF54KAAQICDAAubYjVBoBo0AADRpppoMkjTIJgEYTT1MAIG1FR6janqekMIGg\
    aDQaQx9eJ01tBhvrICMUgFZasB1RNETVY6VAIVTodjF8hNy/9d3rwSoWhFzJESodJHTtfBC1sIAGAMNRR8rGCFHiqCwIHSNWfrFR\
    FRU2IuSdAiA6E7MHTCLEieXhCFLlDg+CltScwgaRIKYGjrLw7bZESWwzmJT8lhvEJfxdyRThQkMpR6rw
    """)

  static let xz = bytes(
    """
    /Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AK1dADabyLBXGZRWQuS1dC8qJpaPTok8eSTUu+NGVY2MuQH6fqZX+DyHhRtt3dkp\
    mJZuFp9ZJfFgVPrLCiCyQgNqlgmYo+oLXCMPHILtAvlb1PZGSIsYWDvGcgZr13gAGM6gJtwFmyzychqkJxmjDqfkej/rMZ4+7hqo\
    whjdHBuVV9X4anEPuXMUzfjoMl0lkXB09GnhppWRN9f8fBTPkxJojRnLEjONhEfhtqrJF0EAAAAAAMVmOXQvHzkIAAHJAYBQAACa\
    KjdJscRn+wIAAAAABFla
    """)

  static let zstd = bytes(
    """
    KLUv/QRohQQAYgYVF4CrDlqNn3IL0MmkYuUyIVFTRKOJUqBSweMAahVxGaF8rWkKk4IfxBADJcebETn/qial9kG5CG9G/46skdMr\
    8Kpe73/T90mX+l6ruAfnpoK4lkAmGCBANajTAf6NHtgFUIGJIbtjVLK7B0rpChhgA6xXdeuBUW9gdLg9xE0eYIR56gRTKwAdDApg\
    NVE61RSlbg==
    """)

  /// `model_full/model.safetensors` of 8 MiB of zeros, in 1.4 kB.
  static let bomb = bytes(
    """
    /Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj//9sAahdADabyLBXGZRWQuS1gGuYoLsfxDHy987v+L5mnih8ltjlHUaSToRhHAumCLZM\
    noM2NMXM2T0b2/A6QjdqFaOyXfzuOCtBuraaCBMhHIKo2jbTPQWANjK1BoDgRMpyfrf9IbJMcEJvBteZdmj/CVQ9niRPOa03Dq2A\
    3GUZO1ygqu01NNwBND+0L4G9Q/0aDlyiK71GoHilxj6UKGZ1zrHnJiOo+AaL2fV/1g0bP313q4MUIW7R1XrzPhRTYnasWeTlWwUI\
    +cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HA\
    ZcQlU/j1kTYxBaWw7m/BcE1HDNGREaqtYB26zrEnGFxZhulmUli+6XasWeTlWwUI+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps\
    37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HAZcQlU/j1kTYxBaWw7m/BcE1HDNGREaqtYB26\
    zq1mPLGf/xABKwDsc1On/b6ufDEan7eNMW5wnqcjX+woy4XRlZiKfiqR8id19xnABphNmP3Yr9WQD8QlU/j1kTYxBaWw7m/BcE1H\
    DNGREaqtYB26zrEnGFxZhulmUli+6XasWeTlWwUI+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/\
    EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HAZcQlU/j1kTYxBaWw7m/BcE1HDNGREaqtYB26zrEnGFxZhulmUli+6XasWeTl\
    WwUI+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xz\
    g4HAZcQlUQ8/sp//EAErAOxzU6f9vq58MRqft40xbnCepyNf7CjLhdGVmIp+KpHyJ3X3GcAGmE2Y/div1ZAPxCVT+PWRNjEFpbDu\
    b8FwTUcM0ZERqq1gHbrOsScYXFmG6WZSWL7pdqxZ5OVbBQj5x9qt/PtSK3TNHlsgQvndUz34KWQJO4DLKmzftTvwxL0uX6oPPktm\
    QpATDv8Qk/hxeFn4C83/lShGD6n8fN77mjAuVsCPhfODgcBlxCVT+PWRNjEFpbDub8FwTUcM0ZERqq1gHbrOsScYXFmG6WZSWL7p\
    dqxZ5OVbBQj5x9qt/PtSK3TNHlsgQvndUz34KWQJO4DLKmzftTvwxL0uX6oPPktmQpATDv8Qk/hxeFn4C83/lShGD6n8fN77mjAu\
    VsCPhfODgcBlxCVRDz+yn/8QASsA7HNTp/2+rnwxGp+3jTFucJ6nI1/sKMuF0ZWYin4qkfIndfcZwAaYTZj92K/VkA/EJVP49ZE2\
    MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsFCPnH2q38+1IrdM0eWyBC+d1TPfgpZAk7gMsqbN+1O/DEvS5f\
    qg8+S2ZCkBMO/xCT+HF4WfgLzf+VKEYPqfx83vuaMC5WwI+F84OBwGXEJVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbp\
    ZlJYvul2rFnk5VsFCPnH2q38+1IrdM0eWyBC+d1TPfgpZAk7gMsqbN+1O/DEvS5fqg8+S2ZCkBMO/xCT+HF4WfgLzf+VKEYPqfx8\
    3vuaMC5WwI+F84OBwGXEJVEPP7KAI18ABgDsQvsUlgAAANCp3Y5JQlhHAAHjCoDAgAR52S1ZscRn+wIAAAAABFla
    """)

  /// `model_full/run.json`, and `model_full/model.safetensors` of 3 MiB that is a hole but for `head` at 0 and `tail` at 1 MiB.
  static let sparseGNU = bytes(
    """
    /Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4E//AL5dADabyLBXGZRWQuS1eSQ5GQO17tNpw47xucsjwDdalc2MXBChpiuO9j2SnkXL\
    I2R5zNRe47ZrQ2suvffxkxwUqXxExzRenWXNzFkbYPXf5dXLvQrUzPj4vMeY2678KMp+CJ1ZawWWr6CUpRtCy0TfKhyy+tfe14cl\
    JpiMcXhVNm4mDFir5QRopXtcn6GIXSi3vtP0Qp4KG+wyoCMlS+q8ntTHhobtakAoLdCqgnyYupOpVxcU8l5xihiOhl3D7kAAAABT\
    IJibhGKX6wAB2gGAoAEAPhiqYLHEZ/sCAAAAAARZWg==
    """)

  /// The same in the sparse format 1.0 of pax.
  static let sparsePosix = bytes(
    """
    /Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4E//AXJdADabyLBXGZRWQuS1d6biVAyPdxcr5SLtbM4WNBOut8i6fgLO108yzusguFNL\
    6vXd3hsInPlolWX9IRxyHCV7+9trYpbHuylNsEsWzEKyqOA79E8xXcL0ayhHcnW2J/H7YGTsKuX2y9lrDqwzO8BTfejKAkEWLVDL\
    p29AvfX7YioLqsHY+YB2mrgSeboHopDdhh5xWWAv6DAW9wDXvui6t64WfbRzgecvBG71y1spWeVhZij3dGOA/5aVRTBfW+Y9toDQ\
    gGgjyetjzErBRq7m5nNk2OKlvwMit4f1QDt5P8/yjXX7r4yPYF+oLL3ETxyLB6+Pg8ovuu9Og5HTWGxjY5TLr2GiUMRr+S3Xs2nR\
    xoetB8qIxjxEoa2yIfOzPntUgkLChj47FWj/8QCoFBUdTIqMoIwRD81FU4CoVvgjIPn1kW864ZkwE34S4ft3nZepH4FHvyxGr3lI\
    BtLL9iJ0Pi+zKnT5zE8ZPS4/kR0O4z4ZIwAAAAAUUNHRIqNS0QABjgOAoAEAvwF1jbHEZ/sCAAAAAARZWg==
    """)

  private static func bytes(_ base64: String) -> [UInt8] {
    Array(Data(base64Encoded: base64) ?? Data())
  }
}
