"""Connections by SSH as people expect them: their config, known hosts, keys, agent; and files over them."""
