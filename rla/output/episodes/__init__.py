"""Episodes: each one that ended, with its time step, and the rolling figures that rows show of them."""
