"""The acceptance suite of stores: what every engine must do, run against each; what is one engine's own lies deeper."""
