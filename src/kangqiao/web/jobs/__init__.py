"""Pages of the background jobs (后台任务): what waits, what was given up and why, another try."""
