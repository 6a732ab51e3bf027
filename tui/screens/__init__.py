"""The screens: they wire widgets to a controller and hold no rules."""
