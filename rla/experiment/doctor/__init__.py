"""The examination of environment, disk and data root, behind `rla doctor`: a file for each thing it looks at."""
