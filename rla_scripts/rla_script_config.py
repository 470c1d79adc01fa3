"""Where the experiments are. Edit DATA_ROOT after you have copied this folder into your project."""

import os

# The folder that holds log/ and the other trees: here, the folder above this one.
# A relative path is meant from the folder of this file, wherever the scripts are run.
DATA_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
