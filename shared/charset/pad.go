package charset

// TrimPad cuts the padding off the end of a raw column: spaces, and full-width spaces too if wide. It cuts
// at character boundaries only: the last two bytes 81 40 of CP932's 驕@ (E9 81 40) are not a full-width
// space. raw must be valid. In ISO-2022-JP full-width spaces stay, as they stand inside escape sequences:
// trim them after decoding.
func (e Encoding) TrimPad(raw []byte, wide bool) []byte {
	for {
		n := len(raw)
		for n > 0 && raw[n-1] == ' ' {
			n--
		}
		if wide {
			n = e.trimWide(raw[:n])
		}
		if n == len(raw) {
			return raw
		}
		raw = raw[:n]
	}
}

// TrimPadLeft cuts the padding off the front of a raw column, as TrimPad does at its end.
func (e Encoding) TrimPadLeft(raw []byte, wide bool) []byte {
	space := e.wideSpace()
	for {
		switch {
		case len(raw) > 0 && raw[0] == ' ':
			raw = raw[1:]
		case wide && space != "" && len(raw) >= len(space) && string(raw[:len(space)]) == space:
			raw = raw[len(space):]
		default:
			return raw
		}
	}
}

// wideSpace is the full-width space U+3000, empty where it has no bytes of its own.
func (e Encoding) wideSpace() string {
	switch e {
	case CP932:
		return "\x81\x40"
	case EUCJP:
		return "\xA1\xA1"
	case ISO2022JP:
		return ""
	}
	return "\xE3\x80\x80"
}

// trimWide gives the length of raw without the full-width spaces at its end.
func (e Encoding) trimWide(raw []byte) int {
	n, space := len(raw), e.wideSpace()
	if space == "" {
		return n
	}
	if e == EUCJP {
		return trimWideEUC(raw)
	}
	for n >= len(space) && string(raw[n-len(space):n]) == space {
		if e == CP932 && !startsCharacter(raw, n-2) {
			break
		}
		n -= len(space)
	}
	return n
}

// startsCharacter says whether the CP932 character at i starts there, given that raw[i] is the first byte
// of some pair. A byte that cannot be a first byte always ends a character; from there on, pairs are
// counted.
func startsCharacter(raw []byte, i int) bool {
	n := 0
	for n < i && isLead932(raw[i-1-n]) {
		n++
	}
	return n%2 == 0
}

func isLead932(b byte) bool { return 0x81 <= b && b <= 0x9F || 0xE0 <= b && b <= 0xFC }

// trimWideEUC goes back to the last ASCII byte, where a character certainly ends, and from there forwards.
func trimWideEUC(raw []byte) int {
	i := len(raw)
	for i > 0 && raw[i-1] >= 0x80 {
		i--
	}
	keep := i
	for i < len(raw) {
		size := 2
		if raw[i] == 0x8F {
			size = 3
		}
		i += size
		if i > len(raw) {
			return len(raw)
		}
		if size == 3 || raw[i-2] != 0xA1 || raw[i-1] != 0xA1 {
			keep = i
		}
	}
	return keep
}
