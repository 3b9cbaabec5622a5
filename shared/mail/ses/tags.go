package ses

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"multipoint/shared/mail"
)

// tags are the mail's tags as SES takes them.
func tags(m *mail.Message) []types.MessageTag {
	var out []types.MessageTag
	for _, tag := range m.Tags() {
		value := tagWriter.Replace(tag.Value)
		out = append(out, types.MessageTag{Name: &tag.Name, Value: &value})
	}
	return out
}

// A value of SES has letters, digits, _ and - only, at most 256 of them: of ours, with at most 128 bytes, a
// dot becomes _d and _ becomes __.
var (
	tagWriter = strings.NewReplacer("_", "__", ".", "_d")
	tagReader = strings.NewReplacer("__", "_", "_d", ".")
)

// ReadTag gives the value of a mail's tag as it was before it went to SES, from an event that has it. Error:
// mail.ErrInvalid for a value that no tag of ours has.
func ReadTag(value string) (string, error) {
	read := tagReader.Replace(value)
	if tagWriter.Replace(read) != value {
		return "", fmt.Errorf("%w: %.80q is no tag of ours", mail.ErrInvalid, value)
	}
	return read, nil
}
