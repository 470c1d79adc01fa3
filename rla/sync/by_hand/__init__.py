"""What people do from the command line: push, pull, and rounds of both."""
