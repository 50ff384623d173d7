"""Hypothesis strategies of log text: words in many scripts, blanks, control characters, hostile sequences."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = (
    *("GET", "/api/v2/orders", "status=200", "a", "in", "12:00:01,123", "x" * 25, "(retry)", "-"),
    *("日本語", "接続がタイムアウトしました", "사용자", "ｱｲｳ", "８８", "\u3000", "Łukasz", "straße", "Ελλάδα"),
    *("👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇯🇵🇩🇪", "✅", "⚠️", "🇯"),
    *("re\u0301sume\u0301", "สวัสดีครับ", "นี่กำ", "नमस्ते", "က\u102c", "\u1100\u1161\u11a8", "a\u200bb", "no\u00a0break"),
    *("\u0301", "\u200d", "\ufe0f", "\u0600", "\u200b", "\u0e33", "\u102c", "\U0001f3fd", "\ufeff"),
)
"""Words of logs, and parts that make sense only with a neighbour."""

CONTROLS = (
    *("\r", "\b", "\t", "\r\n".strip("\n"), "\x07", "\x00", "\x7f", "\x9b", "\x85", "\x1b"),
    *("\ud800", "\udc80", "\u2028", "\u202e", "\u2066", "\u2069"),
    *("\x1b[31m", "\x1b[0m", "\x1b[m", "\x1b[1;4;38;5;200m", "\x1b[48:2::1:2:3m", "\x1b[22m", "\x1b[7m", "\x1b[8m"),
    *("\x1b]8;;http://a/b\x07", "\x1b]8;id=k;http://c\x1b\\", "\x1b]8;;\x1b\\", "\x1b]8;;http://never/ends"),
    *(
        "\x1b[K",
        "\x1b[1K",
        "\x1b[2K",
        "\x1b(B",
        "\x1b[2J",
        "\x1b[10;10H",
        "\x1b]0;title\x07",
        "\x1bP1$r\x1b\\",
        "\x1bc",
    ),
)
"""Characters and sequences that act on a terminal, complete and incomplete."""

words = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30),
    st.text(st.sampled_from("日本語한국어ａ"), min_size=1, max_size=30),
)
blanks = st.integers(0, 4).map(" ".__mul__)

plain = st.builds(
    lambda indent, pairs: indent + "".join(word + gap for word, gap in pairs),
    st.integers(0, 12).map(" ".__mul__),
    st.lists(
        st.tuples(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30), blanks),
        max_size=12,
    ),
)
"""Lines of printable ASCII."""

clean = st.builds(
    lambda indent, pairs: indent + "".join(word + gap for word, gap in pairs),
    st.integers(0, 6).map(" ".__mul__),
    st.lists(st.tuples(words, blanks), max_size=15),
)
"""Lines without any control character, as `sanitize` returns them."""

nasty = st.lists(
    st.one_of(words, blanks, st.sampled_from(CONTROLS), st.characters(exclude_characters="\n")), max_size=25
).map("".join)
"""Lines of untrusted text."""

widths = st.one_of(st.integers(1, 24), st.integers(1, 200))
hangs = st.integers(0, 40)
