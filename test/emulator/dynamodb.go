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
	"testing"
	"time"
)

// DynamoDB Local is Amazon's own, from Maven. It runs in the memory of a child process.
const (
	dynamoVersion = "2.6.1"
	copierVersion = "3.6.0" // of Maven's plugin that copies dependencies
	javaNeeded    = 17
	// installWithin is how long an installation may take.
	installWithin = 5 * time.Minute
)

const dynamoProject = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>multipoint</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>` + dynamoVersion + `</version>
    </dependency>
  </dependencies>
</project>
`

// DynamoDB starts DynamoDB Local for a test and its subtests and gives the URL where it answers. It takes
// any region and credentials, access keys of letters and digits only, and has no tables yet. Starting takes
// some seconds: share one among subtests. It needs Java 17, and Maven once.
//
// It can not be told to listen for this machine only: other machines of the network may reach it.
func DynamoDB(t testing.TB) (endpoint string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), installWithin)
	defer cancel()
	if err := checkJava(ctx); err != nil {
		unable(t, "DynamoDB Local needs Java "+strconv.Itoa(javaNeeded), err)
	}
	folder, err := installed(ctx, "dynamodb-local-"+dynamoVersion, installDynamoDB)
	if err != nil {
		unable(t, "DynamoDB Local", err)
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	// #nosec G204 -- the port is ours
	cmd := exec.Command("java", "-Xmx1g", "-XX:+UseSerialGC", "-Djava.library.path=lib", "-cp", "lib/*",
		"com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
		"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port))
	cmd.Dir = folder
	endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
	start(t, cmd, func(ctx context.Context) error { return listens(ctx, endpoint) })
	return endpoint
}

func installDynamoDB(ctx context.Context, folder string) error {
	if err := os.WriteFile(filepath.Join(folder, "pom.xml"), []byte(dynamoProject), 0o600); err != nil {
		return err
	}
	return execute(ctx, folder, "mvn", "-q", "-B",
		"org.apache.maven.plugins:maven-dependency-plugin:"+copierVersion+":copy-dependencies",
		"-DoutputDirectory=lib", "-DincludeScope=runtime")
}

// checkJava says why the Java of this machine will not do.
func checkJava(ctx context.Context) error {
	text, err := exec.CommandContext(ctx, "java", "--version").Output() // "openjdk 17.0.9 2023-10-17 …"
	if err != nil {
		return err
	}
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return errors.New("java says no version")
	}
	major, _, _ := strings.Cut(words[1], ".")
	if n, err := strconv.Atoi(major); err != nil || n < javaNeeded {
		return fmt.Errorf("java is %s", words[1])
	}
	return nil
}

// listens says why nobody answers at a URL; whatever the answer is, it will do.
func listens(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
