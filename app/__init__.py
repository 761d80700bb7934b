"""The one place that joins all: settings -> adapters -> flow -> bot; processes, schedule, clean stop."""
