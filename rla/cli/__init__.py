"""The command `rla`: one file for each group of commands; `main.COMMANDS` is the table to add to."""
