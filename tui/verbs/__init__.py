"""What keys do: functions of a `Desk`, one module per kind of work."""
