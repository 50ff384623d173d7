"""A distributed stream, NATS JetStream: what it holds is read, and what is said here is published."""
