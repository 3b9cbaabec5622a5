package emulator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Account and Region are where everything in an emulator is.
const (
	Account = "000000000000"
	Region  = "ap-northeast-1"
)

// miniStack is the version of MiniStack, and miniStackNeeds are the packages of PyPI that it needs.
const (
	miniStack      = "1.5.33"
	miniStackNeeds = "botocore==1.43.106 defusedxml==0.7.1 graphql-core==3.2.12 h11==0.16.0 h2==4.4.1 " +
		"hpack==4.2.0 Hypercorn==0.18.0 hyperframe==6.1.0 jmespath==1.1.0 jsonata-python==0.7.1 " +
		"priority==2.0.0 python-dateutil==2.9.0.post0 PyYAML==6.0.3 six==1.17.0 urllib3==2.8.0 wsproto==1.3.2"
)

// runMiniStack is the program that runs it. It ends with its input, which the test's process holds open: a
// test that panics or is killed leaves neither it nor its Lambda functions behind.
const runMiniStack = `
import os, runpy, signal, sys, threading

def watch():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=watch, daemon=True).start()
runpy.run_module("ministack", run_name="__main__")
`

// Mini is a MiniStack that runs: AWS on one port of this machine.
//
//	S3           clients use path style (s3.Options.UsePathStyle)
//	HTTP APIs    answer to the host <id>.execute-api.localhost:<port>
//	SESv2        takes mails of verified identities only; CreateEmailIdentity verifies at once. GET
//	             /_ministack/ses/messages lists them: {"messages":{"<account>":[…]}}
//	KMS          only pretends to encrypt: what is damaged, or under another key, is unwrapped all the same
//	Lambda       runs provided.al2023 bootstraps of this machine's architecture as processes
//	Step         has no RedriveExecution, no TimeoutSeconds of a machine, and refuses a name that was
//	Functions    started before even with the same input
//	all          POST /_ministack/reset empties it; signatures and policies count only with AUTH=true
type Mini struct {
	// URL is the endpoint of all services, http://127.0.0.1:<port>.
	URL string
	// Config is for the clients of all services.
	Config aws.Config
}

// MiniStack starts an empty MiniStack, which ends with the test and keeps what it has in memory and in the
// test's folder. It needs python3 (3.10 or newer) with venv. Settings are environment variables, NAME=value,
// that change it:
//
//	AUTH=true                         signatures and the policies of users and roles count; the access
//	                                  key test is the account's root
//	LAMBDA_ACCOUNT_CONCURRENCY=n      functions at a time; 0 = no limit, default at least 16, by memory
//	LAMBDA_WARM_TTL_SECONDS=300       how long an idle process of a function is kept
//	LAMBDA_ASYNC_RETRY_BASE_SECONDS=1 before an asynchronous call is tried again; doubles up to
//	LAMBDA_ASYNC_RETRY_MAX_SECONDS=30
//	SFN_WAIT_SCALE=1                  factor for Wait states and retries of state machines; 0 = none waits
//	SFN_MOCK_CONFIG=<file>            answers in the place of Task states
//	PERSIST_STATE=1, S3_PERSIST=1     what it has is kept in the test's folder; default in memory
//	LOG_LEVEL=INFO                    DEBUG, WARNING, ERROR
func MiniStack(t testing.TB, settings ...string) *Mini {
	t.Helper()
	asked(t)
	folder, err := installed(t.Context(), "ministack-"+miniStack, installMiniStack)
	if err != nil {
		unable(t, "MiniStack", err)
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	m := &Mini{URL: "http://127.0.0.1:" + strconv.Itoa(port)}
	m.Config = aws.Config{
		Region: Region, BaseEndpoint: &m.URL,
		Credentials: credentials(),
	}
	python := filepath.Join(folder, "bin", "python")
	cmd := exec.Command(python, "-c", runMiniStack) // #nosec G204 -- our own installation
	cmd.Dir = t.TempDir()
	cmd.Env = append(miniStackEnvironment(cmd.Dir, port), settings...)
	input, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = input.Close(), hold.Close() })
	cmd.Stdin = input
	start(t, cmd, m.ready)
	return m
}

// credentials are those of the account itself, which each emulator knows.
func credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
	})
}

// miniStackEnvironment is all that a MiniStack knows of the machine: what the developer's shell says of
// proxies, credentials or Docker does not reach it.
func miniStackEnvironment(folder string, port int) []string {
	endpoint := "http://127.0.0.1:" + strconv.Itoa(port)
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint, // where Lambda functions find it
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TMPDIR=" + folder, "LANG=C.UTF-8",
		"BIND_HOST=127.0.0.1", "GATEWAY_PORT=" + strconv.Itoa(port),
		"MINISTACK_ACCOUNT_ID=" + Account, "MINISTACK_REGION=" + Region,
		"S3_DATA_DIR=" + filepath.Join(folder, "s3"), "STATE_DIR=" + filepath.Join(folder, "state"),
		"DOCKER_HOST=unix://" + filepath.Join(folder, "no-docker.sock"),
	}
}

func installMiniStack(ctx context.Context, folder string) error {
	if err := execute(ctx, folder, "python3", "-m", "venv", folder); err != nil {
		return err
	}
	args := []string{
		"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
		"ministack==" + miniStack,
	}
	return execute(ctx, folder, filepath.Join(folder, "bin", "python"),
		append(args, strings.Fields(miniStackNeeds)...)...)
}

// ready asks whether it answers.
func (m *Mini) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL+"/_ministack/health", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("its health is %s", response.Status)
	}
	return err
}
