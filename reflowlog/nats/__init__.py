"""NATS JetStream: URL, connection, consumer, publisher. Loaded only for URLs of its scheme, and by its handler."""
