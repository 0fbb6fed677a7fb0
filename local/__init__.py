"""The laptop's own AWS: everything `make run` starts on this machine."""
