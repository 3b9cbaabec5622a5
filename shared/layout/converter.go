package layout

// Converter is a conversion that data cannot describe, written in Go and registered under a name that layouts
// use. Each direction appends the converted UTF-8 text to dst and gives false, with dst as it was, for a text
// that it cannot convert. A converter is pure: the same text always gives the same result. It must not keep
// or change src, and is called by many goroutines at once.
type Converter struct {
	// Read turns the file's text into the value.
	Read func(dst, src []byte) ([]byte, bool)
	// Write turns the value into the file's text; nil = layouts that use it cannot be written.
	Write func(dst, src []byte) ([]byte, bool)
}

// Converters are the registered converters by name. They are not changed once layouts are compiled.
type Converters map[string]Converter
