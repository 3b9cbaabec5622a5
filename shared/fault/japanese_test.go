package fault

import (
	"slices"
	"testing"
)

// TestCodesSpeakJapanese: what a page can show has Japanese words, once.
func TestCodesSpeakJapanese(t *testing.T) {
	seen := map[Code]bool{}
	for _, list := range japanese() {
		for _, w := range list {
			if seen[w.code] || w.meaning == "" || w.do == "" || w.code.Meaning() == "" {
				t.Errorf("%v", w)
			}
			seen[w.code] = true
		}
	}
	shown := []int{11, 12, 13, 51, 52, 53, 54} // hundreds
	for _, e := range Catalogue {
		if slices.Contains(shown, int(e.Code)/100) && !seen[e.Code] {
			t.Errorf("%s has no Japanese words", e.Code)
		}
	}
	if meaning, do, ok := FileCount.InJapanese(); !ok || meaning == FileCount.Meaning() || do == "" {
		t.Errorf("%s: %q, %q", FileCount, meaning, do)
	}
	if _, _, ok := MasterSyntax.InJapanese(); ok {
		t.Error("a code of commands has Japanese words")
	}
}
