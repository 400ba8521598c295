"""Commands to a running proxy, asked through its admin listener: words and exit codes, no logic."""
