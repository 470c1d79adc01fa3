"""Records travel between machines: one engine, and a transport for each protocol."""
