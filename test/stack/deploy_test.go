package stack

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"multipoint/shared/cloud"
	"multipoint/shared/object/s3"
	"multipoint/shared/standalone"
	"multipoint/shared/table/dynamo"
	"multipoint/test/emulator"
)

// environment is what the stack is called in the emulator.
const environment = "dev"

// run runs a command of the project in a folder and gives what it printed.
func run(t *testing.T, folder string, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", program, args, err, out[max(0, len(out)-4000):])
	}
}

// synthesise builds the functions and the template and gives the folder with both.
func synthesise(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	run(t, root, nil, "make", "functions", "ARCH=amd64")
	out := t.TempDir()
	settings, err := json.Marshal(map[string]string{
		"env": environment, "account": emulator.Account, "arch": "amd64", "emulator": "true", "quota": "0",
		"mailFrom": "points@multipoint.example", "operator": "operator@multipoint.example",
		"demo": standalone.OpensAt(runDate()).Format(time.RFC3339),
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, filepath.Join(root, "infra", "cdk"),
		[]string{
			"CDK_OUTDIR=" + out, "CDK_CONTEXT_JSON=" + string(settings),
			"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1",
		}, "go", "run", ".")
	return out
}

// assets are what the CDK says has to be uploaded.
type assets struct {
	Files map[string]struct {
		Source struct {
			Path      string `json:"path"`
			Packaging string `json:"packaging"`
		} `json:"source"`
		Destinations map[string]struct {
			Bucket string `json:"bucketName"`
			Key    string `json:"objectKey"`
		} `json:"destinations"`
	} `json:"files"`
}

// filled puts account and region into a name of the CDK.
func filled(name string) string {
	return strings.NewReplacer("${AWS::AccountId}", emulator.Account, "${AWS::Region}", emulator.Region,
		"${AWS::Partition}", "aws").Replace(name)
}

// deploy puts the synthesised stack into a MiniStack.
func deploy(t *testing.T, mini *emulator.Mini) *cloud.Program {
	t.Helper()
	out, stack := synthesise(t), "multipoint-"+environment
	text, err := os.ReadFile(filepath.Join(out, stack+".assets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list assets
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	bucket := "cdk-hnb659fds-assets-" + emulator.Account + "-" + emulator.Region
	client := s3.NewClient(s3.Options{
		Region: emulator.Region, Endpoint: mini.URL, Credentials: mini.Config.Credentials,
	})
	createBucket(t, client, bucket)
	template := "" // where it was uploaded
	for _, f := range list.Files {
		content := packed(t, filepath.Join(out, f.Source.Path), f.Source.Packaging == "zip")
		for _, to := range f.Destinations {
			_, err := client.PutObject(t.Context(), &awss3.PutObjectInput{
				Bucket: aws.String(filled(to.Bucket)), Key: aws.String(filled(to.Key)),
				Body: bytes.NewReader(content),
			})
			if err != nil {
				t.Fatal(err)
			}
			if f.Source.Path == stack+".template.json" {
				template = mini.URL + "/" + filled(to.Bucket) + "/" + filled(to.Key)
			}
		}
	}
	bootstrap(t, mini)
	createStack(t, mini, stack, template)
	useDynamoDB(t, mini)
	// The emulator's CloudFormation passes over the template's ObjectLockEnabled.
	_, err = client.PutObjectLockConfiguration(t.Context(), &awss3.PutObjectLockConfigurationInput{
		Bucket: aws.String(settingsOf(t, mini, "open")["MULTIPOINT_OBJECTS"]),
		ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return connected(t, mini)
}

// packed reads a file, or a folder as the zip file that Lambda takes.
func packed(t *testing.T, path string, asZip bool) []byte {
	t.Helper()
	if !asZip {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(path, file)
		if err != nil {
			return err
		}
		head := &zip.FileHeader{Name: name, Method: zip.Deflate}
		head.SetMode(0o755)
		to, err := w.CreateHeader(head)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, err = to.Write(content)
		return err
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bootstrap says which version of the CDK's bootstrap there is.
func bootstrap(t *testing.T, mini *emulator.Mini) {
	t.Helper()
	request(t, mini, "ssm", http.MethodPost, "/", http.Header{
		"X-Amz-Target": {"AmazonSSM.PutParameter"}, "Content-Type": {"application/x-amz-json-1.1"},
	}, `{"Name":"/cdk-bootstrap/hnb659fds/version","Type":"String","Value":"21"}`)
}

// request asks a service of the emulator, which checks no signature but reads the service from it.
func request(
	t *testing.T, mini *emulator.Mini, service, method, path string, h http.Header, body string,
) []byte {
	t.Helper()
	// Also when the test has ended: then its logs are asked for.
	ctx := context.WithoutCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, method, mini.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if h != nil {
		r.Header = h.Clone()
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261122/"+emulator.Region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s: %.2000s", service, path, response.Status, answer)
	}
	return answer
}

func query(t *testing.T, mini *emulator.Mini, values url.Values) []byte {
	t.Helper()
	values.Set("Version", "2010-05-15")
	return request(t, mini, "cloudformation", http.MethodPost, "/",
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, values.Encode())
}

// createStack deploys the template at a URL and waits for it.
func createStack(t *testing.T, mini *emulator.Mini, name, template string) {
	t.Helper()
	query(t, mini, url.Values{
		"Action": {"CreateStack"}, "StackName": {name}, "TemplateURL": {template},
		"Capabilities.member.1": {"CAPABILITY_NAMED_IAM"},
	})
	for end := time.Now().Add(2 * time.Minute); ; {
		var answer struct {
			Status string `xml:"DescribeStacksResult>Stacks>member>StackStatus"`
			Reason string `xml:"DescribeStacksResult>Stacks>member>StackStatusReason"`
		}
		text := query(t, mini, url.Values{"Action": {"DescribeStacks"}, "StackName": {name}})
		if err := xml.Unmarshal(text, &answer); err != nil {
			t.Fatal(err)
		}
		switch {
		case answer.Status == "CREATE_COMPLETE":
			return
		case strings.Contains(answer.Status, "FAILED") || strings.Contains(answer.Status, "ROLLBACK"):
			t.Fatalf("the stack is %s: %s: %s", answer.Status, answer.Reason, failures(t, mini, name))
		case time.Now().After(end):
			t.Fatalf("the stack is still %s", answer.Status)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// failures are what events of a stack say of resources that could not be made.
func failures(t *testing.T, mini *emulator.Mini, stack string) (out []string) {
	t.Helper()
	var answer struct {
		Events []struct {
			ID     string `xml:"LogicalResourceId"`
			Kind   string `xml:"ResourceType"`
			Status string `xml:"ResourceStatus"`
			Reason string `xml:"ResourceStatusReason"`
		} `xml:"DescribeStackEventsResult>StackEvents>member"`
	}
	text := query(t, mini, url.Values{"Action": {"DescribeStackEvents"}, "StackName": {stack}})
	if err := xml.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	for _, e := range answer.Events {
		if strings.Contains(e.Status, "FAILED") {
			out = append(out, e.Kind+" "+e.ID+": "+e.Reason)
		}
	}
	return out
}

// printed is what functions wrote into their logs, for the one who looks why a test failed.
func printed(t *testing.T, mini *emulator.Mini, functions ...string) {
	t.Helper()
	for _, f := range functions {
		text := request(t, mini, "logs", http.MethodPost, "/", http.Header{
			"X-Amz-Target": {"Logs_20140328.FilterLogEvents"}, "Content-Type": {"application/x-amz-json-1.1"},
		}, `{"logGroupName":"/multipoint/`+environment+"/"+f+`"}`)
		t.Logf("%s: %.6000s", f, text)
	}
}

// functions are the names of all functions that were deployed.
func functions(t *testing.T) (names []string) {
	t.Helper()
	folders, err := os.ReadDir(filepath.Join("..", "..", "functions"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		names = append(names, f.Name())
	}
	return names
}

// configuration is the place of a function's settings in the API.
func configuration(function string) string {
	return "/2015-03-31/functions/multipoint-" + environment + "-" + function + "/configuration"
}

// settingsOf gives the environment of a function.
func settingsOf(t *testing.T, mini *emulator.Mini, function string) map[string]string {
	t.Helper()
	var f struct {
		Environment struct {
			Variables map[string]string
		}
	}
	text := request(t, mini, "lambda", http.MethodGet, configuration(function), nil, "")
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f.Environment.Variables
}

// useDynamoDB gives all functions a table of DynamoDB Local: the emulator's own orders binary keys in
// another way than DynamoDB does.
func useDynamoDB(t *testing.T, mini *emulator.Mini) {
	t.Helper()
	endpoint := emulator.DynamoDB(t)
	name := settingsOf(t, mini, "open")["MULTIPOINT_TABLE"]
	client := dynamo.NewClient(dynamo.Options{
		Table: name, Region: emulator.Region, Endpoint: endpoint, Credentials: mini.Config.Credentials,
	})
	if _, err := client.CreateTable(t.Context(), dynamo.Schema(name)); err != nil {
		t.Fatal(err)
	}
	for _, f := range functions(t) {
		all := settingsOf(t, mini, f)
		all["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
		configure(t, mini, f, all)
	}
}

// configure gives a function another environment.
func configure(t *testing.T, mini *emulator.Mini, function string, all map[string]string) {
	t.Helper()
	body := asJSON(t, map[string]any{"Environment": map[string]any{"Variables": all}})
	request(t, mini, "lambda", http.MethodPut, configuration(function), nil, string(body))
}

// connected makes a program of this process over what was deployed, by what the function open is told.
func connected(t *testing.T, mini *emulator.Mini) *cloud.Program {
	t.Helper()
	for name, value := range settingsOf(t, mini, "open") {
		if strings.HasPrefix(name, "MULTIPOINT_") || name == "AWS_ENDPOINT_URL_DYNAMODB" {
			t.Setenv(name, value)
		}
	}
	environment, err := config.NewEnvConfig()
	if err != nil {
		t.Fatal(err)
	}
	mini.Config.ConfigSources = []any{environment}
	settings, err := cloud.ReadSettings()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cloud.New(mini.Config, settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// invoke calls a function by its name and waits for its answer.
func invoke(t *testing.T, mini *emulator.Mini, function, event string) string {
	t.Helper()
	return string(request(t, mini, "lambda", http.MethodPost,
		"/2015-03-31/functions/multipoint-"+environment+"-"+function+"/invocations", nil, event))
}

// eventually waits until done says so.
func eventually(
	t *testing.T, within time.Duration, what string, done func(ctx context.Context) (bool, error),
) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		ok, err := done(ctx)
		if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", what, err))
		}
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, within)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
