"""The admin side: a listener for the one at this machine, never for viewers, and the command line's way to it."""
