"""Background jobs (后台任务): rows with a state, workers that take them, a list of those given up (decision 0013)."""
