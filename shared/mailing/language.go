package mailing

// Language is the language of a text.
type Language string

// Languages of mails. Mails to a company have both, Japanese first.
const (
	Japanese Language = "ja"
	English  Language = "en"
)
