package coldstart

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxZip is what the zip file of a function may have, in bytes.
const maxZip = 20_000_000

// hello is the function that does nothing, built as all others.
const hello = "hello"

// root is the module's folder, seen from this test.
var root = filepath.Join("..", "..")

// built makes all functions for a processor, and hello, by the recipe of make functions in a folder of the
// test's own. It gives the folder; each function is in <name>/bootstrap.
func built(t *testing.T, arch string) string {
	t.Helper()
	recipe := exec.CommandContext(t.Context(), "make", "-s", "-n", "functions", "ARCH="+arch)
	recipe.Dir = root
	text, err := recipe.Output()
	if err != nil {
		t.Fatalf("make -n functions: %v", err)
	}
	folder := t.TempDir()
	script := strings.NewReplacer(
		"build/functions/"+arch, folder, "./functions/...", "./functions/... ./test/coldstart/hello",
	).Replace(string(text))
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", script) // #nosec G204 -- our own Makefile
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make functions ARCH=%s: %v: %s", arch, err, out)
	}
	return folder
}

// functions are the names of all functions of the project, sorted.
func functions(t *testing.T) (names []string) {
	t.Helper()
	folders, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		names = append(names, f.Name())
	}
	return names
}

// zipped gives the size of the zip file that Lambda takes, in bytes: bootstrap alone, without a date.
func zipped(t *testing.T, bootstrap string) int64 {
	t.Helper()
	f, err := os.Open(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	var size counter
	w := zip.NewWriter(&size)
	head := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	head.SetMode(0o755)
	to, err := w.CreateHeader(head)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, f); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return int64(size)
}

// counter counts what is written.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// sizes gives the sizes of the zip files of all functions of a folder, by name. Too large ones are errors.
func sizes(t *testing.T, folder string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, name := range functions(t) {
		out[name] = zipped(t, filepath.Join(folder, name, "bootstrap"))
		if out[name] > maxZip {
			t.Errorf("%s has %d bytes, at most %d are allowed", name, out[name], maxZip)
		}
	}
	return out
}

// median of some values; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
