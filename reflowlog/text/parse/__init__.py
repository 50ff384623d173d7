"""Line headers, JSON and logfmt records, times, levels, multi-line records."""
