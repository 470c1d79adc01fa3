"""Other packages record through rla: one file for each, which imports that package only when it is used."""
