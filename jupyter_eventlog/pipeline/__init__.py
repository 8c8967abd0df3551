"""The stages an event passes; run states their order."""
