"""The monitoring desk (监控台): who sent what by when, judged against what is due and against the sender's own past."""
