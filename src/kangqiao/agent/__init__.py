"""The front-end agent (前置机代理): takes data on a hospital's machine and sends it; knows no Django."""
