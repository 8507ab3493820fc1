// tests come with the next commits
