package sam

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// gateway is the address of this machine in the network of the containers. Docker's own choice may be a
// network that the machine is in.
const gateway = "172.29.77.1"

// runtimeImage is what SAM looks for on behalf of provided.al2023. It is made here: nothing is pulled.
const runtimeImage = "public.ecr.aws/lambda/provided:al2023-"

// docker is a Docker daemon that runs for a test.
type docker struct {
	host string // for DOCKER_HOST
	log  string
}

// startDocker starts a Docker daemon of the test's own, with its images and its socket in the test's folder.
// It needs root, as every Docker daemon does. It ends with the test, and with the test's process.
func startDocker(t *testing.T) *docker {
	t.Helper()
	for _, program := range []string{"dockerd", "docker", "busybox"} {
		if _, err := exec.LookPath(program); err != nil {
			unable(t, "there is no "+program, err)
		}
	}
	if os.Getuid() != 0 {
		unable(t, "a Docker daemon needs root", fmt.Errorf("the user is %d", os.Getuid()))
	}
	folder := t.TempDir()
	socket := filepath.Join(folder, "docker.sock")
	d := &docker{host: "unix://" + socket, log: filepath.Join(folder, "dockerd.log")}
	config := filepath.Join(folder, "daemon.json") // and not that of the machine
	if err := os.WriteFile(config, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	// When its input ends the shell stops the daemon, which then stops its containers.
	cmd := exec.Command("sh", "-c", `"$@" & cat; kill "$!"; wait "$!"`, "sh", "dockerd",
		"--config-file", config, "--host", d.host, "--pidfile", filepath.Join(folder, "docker.pid"),
		"--data-root", filepath.Join(folder, "data"), "--exec-root", filepath.Join(folder, "exec"),
		"--storage-driver", "vfs", "--iptables=false", "--ip6tables=false", "--bip", gateway+"/24")
	out, err := os.Create(d.log)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait() // a daemon that never started was told before
		_ = out.Close()
	})
	d.await(t, socket)
	return d
}

// await waits until the daemon answers.
func (d *docker) await(t *testing.T, socket string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	defer client.CloseIdleConnections()
	late := time.After(time.Minute)
	for {
		response, err := get(t.Context(), client, "http://docker/_ping", nil)
		if err == nil && response.status == http.StatusOK {
			return
		}
		select {
		case <-late:
			printed, _ := os.ReadFile(d.log)
			unable(t, "no Docker daemon starts here", fmt.Errorf("%w: %s", err, tail(printed)))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// importImage makes the image that functions run in: a shell and folders, with settings for the environment.
// SAM adds the runtime emulator.
func (d *docker) importImage(t *testing.T, arch string, settings map[string]string) {
	t.Helper()
	args := []string{"--host", d.host, "import"}
	for name, value := range settings {
		args = append(args, "--change", "ENV "+name+"="+value)
	}
	cmd := exec.CommandContext(t.Context(), "docker", append(args, "-", runtimeImage+arch)...)
	cmd.Stdin = bytes.NewReader(imageFiles(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("docker import: %v: %s", err, tail(out))
	}
}

// imageFiles are the files of the image, as a tar archive.
func imageFiles(t *testing.T) []byte {
	t.Helper()
	path, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	busybox, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	write := func(h *tar.Header, content []byte) {
		h.Size = int64(len(content))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{"bin/", "var/", "var/task/", "var/runtime/", "var/rapid/"} {
		write(&tar.Header{Name: folder, Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	}
	write(&tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil)
	write(&tar.Header{Name: "bin/busybox", Typeflag: tar.TypeReg, Mode: 0o755}, busybox)
	for _, name := range []string{"sh", "mv", "chmod"} { // what SAM's own image is built with
		link := &tar.Header{Name: "bin/" + name, Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}
		write(link, nil)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answer is what somebody said to a GET.
type answer struct {
	status int
	body   string
}

func get(ctx context.Context, client *http.Client, url string, h http.Header) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if h != nil {
		request.Header = h
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	body, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, string(body)}, err
}

func tail(b []byte) []byte { return bytes.TrimSpace(b[max(0, len(b)-3000):]) }

// unable ends a test that needs what the machine does not have.
func unable(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("skipped, %s: %v", what, err)
}
