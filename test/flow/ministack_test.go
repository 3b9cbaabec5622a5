package flow_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"multipoint/test/emulator"
)

// TestMiniStack runs the examples on MiniStack; its functions are real ones that ask the theatre (scripted).
func TestMiniStack(t *testing.T) {
	all, url := newTheatre(t)
	mini := emulator.MiniStack(t)
	s := newService(t, miniStackName, mini.Config, all)
	code := scripted(t)
	var functions []string
	for _, e := range examples() {
		functions = append(functions, e.parse(t).Functions...)
	}
	slices.Sort(functions)
	const lanes = 3
	for lane := range lanes {
		for _, function := range slices.Compact(functions) {
			createFunction(t, mini.URL, fmt.Sprintf("lane%d-%s", lane, function), url, code)
		}
	}
	s.compareAll(t, lanes)
}

// scripted is the deployment package of the command of that name.
func scripted(t *testing.T) []byte {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", program, "./scripted")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// createFunction is Lambda's CreateFunction.
func createFunction(t *testing.T, endpoint, name, script string, code []byte) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 30,
		"Role": "arn:aws:iam::" + emulator.Account + ":role/flow", "Code": map[string]any{"ZipFile": code},
		"Environment": map[string]any{"Variables": map[string]string{"SCRIPT": script}},
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/2015-03-31/functions",
		bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260401/"+emulator.Region+"/lambda/aws4_request")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // what is read of it is checked
	if response.StatusCode != http.StatusCreated {
		answer, _ := io.ReadAll(response.Body)
		t.Fatalf("creating %s: %s: %s", name, response.Status, answer)
	}
}
