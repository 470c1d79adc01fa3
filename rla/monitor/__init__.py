"""What the machine does while a run is recorded: processor, memory, disk and graphics cards."""
