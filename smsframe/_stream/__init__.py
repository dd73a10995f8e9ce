"""Lists that do not fit into memory: files in, files out, one process that sends."""
