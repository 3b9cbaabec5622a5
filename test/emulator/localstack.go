package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// What is installed, and how far back: LocalStack names most of what it needs without an upper bound.
const (
	localStackVersion = "4.12.0"
	localStackNewest  = "2025-12-20"
	localStackPython  = "python3.13"
	uvVersion         = "0.9.17"
)

// LocalStack starts LocalStack for the test and gives its endpoint, as http://127.0.0.1:port. It has S3 and
// Step Functions, but runs no Lambda functions: lambda is the endpoint of a server that answers Lambda's
// Invoke calls, "" = nobody does.
//
// It is large (330 MB): it is installed only with MULTIPOINT_FULL=1, and where it is not installed the test
// is skipped, in CI too.
func LocalStack(t testing.TB, lambda string) string {
	t.Helper()
	return startLocalStack(t, lambda, t.TempDir(), func(ctx context.Context, endpoint string) error {
		return answers(ctx, endpoint+"/_localstack/health")
	})
}

// startLocalStack starts one that has the files of a folder, where it also writes.
func startLocalStack(
	t testing.TB, lambda, files string, ready func(ctx context.Context, endpoint string) error,
) string {
	t.Helper()
	name := "localstack-" + localStackVersion
	if _, err := os.Stat(filepath.Join(tools(), name, "complete")); err != nil &&
		os.Getenv("MULTIPOINT_FULL") != "1" {
		t.Skip("skipped, LocalStack is not installed: MULTIPOINT_FULL=1 installs it")
	}
	folder, err := installed(t.Context(), name, fillLocalStack)
	if err != nil {
		unable(t, "LocalStack cannot be installed", err)
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	endpoint := "http://" + address
	cmd := exec.Command(filepath.Join(folder, "bin", "python"), "-m", "localstack.runtime.main")
	cmd.Dir = files
	cmd.Env = localStackEnvironment(files, address)
	if lambda != "" {
		// Then its services find each other as any client does, and so Lambda elsewhere.
		cmd.Env = append(cmd.Env, "DISTRIBUTED_MODE=1", "AWS_ENDPOINT_URL="+endpoint,
			"AWS_ENDPOINT_URL_LAMBDA="+lambda)
	}
	start(t, cmd, func(ctx context.Context) error { return ready(ctx, endpoint) })
	return endpoint
}

// LocalStackWithTables starts a LocalStack that has DynamoDB too. It is a DynamoDB Local behind LocalStack's
// own reading of requests, which LocalStack would fetch from somewhere and here is the one that DynamoDB
// starts; so it needs Java 17 and once Maven.
func LocalStackWithTables(t testing.TB) string {
	t.Helper()
	if err := checkJava(t.Context()); err != nil {
		unable(t, "DynamoDB Local needs Java "+strconv.Itoa(javaNeeded), err)
	}
	tables, err := installed(t.Context(), "dynamodb-local-"+dynamoVersion, installDynamoDB)
	if err != nil {
		unable(t, "DynamoDB Local", err)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	process := filepath.Join(files, "java.process")
	program := fmt.Sprintf(javaOfLocalStack, process, java, filepath.Join(tables, "lib"))
	for name, content := range map[string]string{
		"dynamodb-local/2/DynamoDBLocal.jar": "", // only looked for
		"java/21/bin/java":                   program,
	} {
		path := filepath.Join(files, "var", "lib", "localstack", "lib", filepath.FromSlash(name))
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755),
			os.WriteFile(path, []byte(content), 0o755))
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // after LocalStack's end: it would start another
		text, _ := os.ReadFile(process) // absent if nobody asked for a table
		if id, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
	})
	// It starts DynamoDB with the first request, which may take longer than a client waits.
	return startLocalStack(t, "", files, func(ctx context.Context, endpoint string) error {
		_, err := dynamodb.New(dynamodb.Options{
			BaseEndpoint: &endpoint, Region: Region, Credentials: credentials(),
		}).ListTables(ctx, nil)
		return err
	})
}

// javaOfLocalStack stands where LocalStack looks for Java. It leaves out what LocalStack puts before -jar,
// among it an agent for tables with more indexes than ours, and says which process it becomes: it is of a
// session of its own, and outlives LocalStack.
const javaOfLocalStack = `#!/bin/sh
while [ "$1" != -jar ]; do shift; done
shift 2
echo $$ >'%[1]s'
lib='%[3]s'
exec '%[2]s' -Xmx1g -XX:+UseSerialGC -Djava.library.path="$lib" -cp "$lib/*" \
	com.amazonaws.services.dynamodbv2.local.main.ServerRunner "$@"
`

// localStackEnvironment is all that a LocalStack knows of the machine. It looks for nothing outside of it: no
// certificates, no name server, no Docker, nobody to tell how it is used.
func localStackEnvironment(folder, address string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TMPDIR=" + folder, "LANG=C.UTF-8",
		"SKIP_SSL_CERT_DOWNLOAD=1", "DISABLE_EVENTS=1", "EAGER_SERVICE_LOADING=0", "DNS_ADDRESS=0",
		"DYNAMODB_IN_MEMORY=1",
		"GATEWAY_LISTEN=" + address, "LOCALSTACK_HOST=" + address, "FILESYSTEM_ROOT=" + folder,
		"DOCKER_HOST=unix://" + filepath.Join(folder, "no-docker.sock"),
		"OVERRIDE_IN_DOCKER=0", // in a container too its files are in the folder
	}
}

// fillLocalStack makes a virtual environment of Python in the folder and installs LocalStack there.
func fillLocalStack(ctx context.Context, folder string) error {
	python, err := findPython(ctx)
	if err != nil {
		return err
	}
	if err := execute(ctx, folder, python, "-m", "venv", folder); err != nil {
		return err
	}
	bin := filepath.Join(folder, "bin")
	if err := execute(ctx, folder, filepath.Join(bin, "pip"), "install", "-q", "uv=="+uvVersion); err != nil {
		return err
	}
	return execute(ctx, folder, filepath.Join(bin, "uv"), "pip", "install", "-q",
		"--python", filepath.Join(bin, "python"), "--exclude-newer", localStackNewest,
		"localstack-core[runtime]=="+localStackVersion)
}

// findPython looks for the version of Python on the PATH and among those of pyenv, and tries it: a shim may
// stand for nothing.
func findPython(ctx context.Context) (string, error) {
	home, _ := os.UserHomeDir() // "" finds nothing
	found, err := filepath.Glob(filepath.Join(home, ".pyenv", "versions", "3.13*", "bin", localStackPython))
	if err != nil {
		return "", err
	}
	for _, python := range append([]string{localStackPython}, found...) {
		if exec.CommandContext(ctx, python, "-c", "import venv").Run() == nil {
			return python, nil
		}
	}
	return "", errors.New("there is no " + localStackPython)
}

// answers says whether a GET of the URL succeeds.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // nothing of it is read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
