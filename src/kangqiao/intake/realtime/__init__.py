"""Real-time forms (实时表单): calls, the durable inbox, and the way into the lake."""
