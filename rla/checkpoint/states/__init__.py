"""The state of a training as plain data: objects that learn and objects that draw random numbers, taken and given back.

What is taken holds tensors, arrays and plain values only, so a checkpoint of it is read without running code.
"""
