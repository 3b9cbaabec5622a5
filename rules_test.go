package multipoint_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestEveryRuleHasATest: each rule that the engine decides by has a test that bears its id, beside the worked
// examples and the comparison with the slow model.
func TestEveryRuleHasATest(t *testing.T) {
	named := map[string]bool{}
	pattern := regexp.MustCompile(`(?m)^func Test(R\d+)[A-Z]`)
	for _, root := range []string{"shared", "test/engine"} {
		err := fs.WalkDir(os.DirFS(root), ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := fs.ReadFile(os.DirFS(root), path)
			for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
				named[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := 4; n <= 22; n++ {
		if rule := fmt.Sprintf("R%d", n); n != 19 && n != 20 && !named[rule] {
			t.Errorf("no test is named after %s", rule)
		}
	}
}
