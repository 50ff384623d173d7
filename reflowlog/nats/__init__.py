"""NATS JetStream: consumer, publisher, connection. Loaded by URL scheme only."""
