package profile

import (
	"strings"
	"unicode/utf8"

	"multipoint/shared/fault"
)

// Lengths of a password, in characters. The longest is there for the hash, not for the person.
const (
	MemberPassword = 8  // at least, of members
	StaffPassword  = 12 // at least, of staff
	MostPassword   = 128
)

// CheckPassword says what is wrong with a new password, nil if nothing is: codes field.missing,
// field.characters, password.short, password.long, password.common at the field password. least is its
// shortest length, 0 = MemberPassword. known are words that an attacker tries first for this person and this
// shop: the shop's name, the person's address, phone and day of birth; words of less than three letters or
// digits count for nothing.
//
// A password is of printable ASCII, the space among it, and is never changed, not even trimmed. Other
// characters look the same masked whether the keyboard wrote them full-width or not, and cannot be typed in
// every place where one logs in; so they are refused and said, rather than taken and never met again. No kind
// of character is demanded and no password expires.
//
// Which are common is a rule and no list: guesswork counts the steps in which somebody makes the password up.
func CheckPassword(password string, least int, known ...string) *fault.Error {
	c := checker{rules: Rules{PasswordLeast: least}}
	c.password(password, known)
	if len(c.faults) > 0 {
		return c.faults[0]
	}
	return nil
}

func (c *checker) password(password string, known []string) {
	least := c.rules.PasswordLeast
	if least == 0 {
		least = MemberPassword
	}
	if password == "" {
		c.empty(FieldPassword)
		return
	}
	count := utf8.RuneCountInString(password)
	size := Finding{Kind: Length, Count: count, Least: least, Most: MostPassword}
	if count > MostPassword {
		c.fail(FieldPassword, fault.PasswordLong, size)
		return
	}
	for _, r := range password {
		if r < ' ' || r > '~' {
			c.fail(FieldPassword, fault.FieldCharacters, Finding{Kind: NotASCII})
			return
		}
	}
	switch {
	case count < least:
		c.fail(FieldPassword, fault.PasswordShort, size)
	case common(password, known):
		c.fail(FieldPassword, fault.PasswordCommon, Finding{})
	}
}

// fewest is how many steps a password takes at least to make up.
const fewest = 5

func common(password string, known []string) bool {
	lower := strings.ToLower(password)
	joined := strings.NewReplacer(" ", "", "-", "", "_", "", ".", "", "/", "").Replace(lower)
	return repeats(lower) || guesswork(joined, wordsOf(known)) < fewest
}

// repeats says whether a text is less than eight characters, written again and again.
func repeats(text string) bool {
	for n := 1; n < MemberPassword && 2*n <= len(text); n++ {
		unit := text[:n]
		again := strings.Repeat(unit, len(text)/n+1)
		if strings.HasPrefix(again, text) {
			return true
		}
	}
	return false
}

// guesswork counts the steps in which somebody can make the text up: one for each word, each walk over the
// keyboard or alphabet, each character repeated, each year and each day of a year, one for each character
// that belongs to none of these. It is the smallest such number. What joins words has been taken out.
func guesswork(text string, words []string) int {
	steps := make([]int, len(text)+1) // of the first n characters
	for n := 1; n <= len(text); n++ {
		steps[n] = steps[n-1] + 1
	}
	for from := range len(text) { // steps[from] is final: whatever ends there began before
		rest := text[from:]
		step := func(length int) { steps[from+length] = min(steps[from+length], steps[from]+1) }
		step(1)
		for length := shortest; length <= max(walk(rest), run(rest)); length++ {
			step(length)
		}
		if calendarDigits(rest) {
			step(4)
		}
		for _, word := range words {
			if begins(rest, word) {
				step(len(word))
			}
		}
	}
	return steps[len(text)]
}

// paths are the walks that fingers and children know; they are walked both ways.
var paths = []string{
	"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;:", "zxcvbnm,./", "!\"#$%&'()",
	"!@#$%^&*()",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p",
	"q1w2e3r4t5y6u7i8o9p0", "qawsedrftgyhujikolp", "147258369", "789456123", "aiueo",
	"zaqxswcdevfrbgtnhymjukilop",
}

// shortest is the length from which characters in a row are a walk, a run or a word.
const shortest = 3

// walk gives how many characters of the text's beginning follow one path, 0 if less than three.
func walk(text string) int {
	longest := 0
	for _, path := range paths {
		for _, way := range [...]int{1, -1} {
			for at := range len(path) {
				n := 0
				for i := at; n < len(text) && i >= 0 && i < len(path) && path[i] == text[n]; i += way {
					n++
				}
				longest = max(longest, n)
			}
		}
	}
	if longest < shortest {
		return 0
	}
	return longest
}

// run gives how often the text's first character stands at its beginning, 0 if less than three times.
func run(text string) int {
	n := 1
	for n < len(text) && text[n] == text[0] {
		n++
	}
	if n < shortest {
		return 0
	}
	return n
}

// calendarDigits says whether a text begins with a year from 1900 to 2099, or with a month and a day in
// either order.
func calendarDigits(text string) bool {
	if len(text) < 4 || strings.Trim(text[:4], "0123456789") != "" {
		return false
	}
	a, b := 10*(text[0]-'0')+text[1]-'0', 10*(text[2]-'0')+text[3]-'0'
	isMonth := func(n byte) bool { return n >= 1 && n <= 12 }
	isDay := func(n byte) bool { return n >= 1 && n <= 31 }
	return a == 19 || a == 20 || isMonth(a) && isDay(b) || isDay(a) && isMonth(b)
}

// everywhere are words that stand in most passwords of those who need one quickly.
const everywhere = `password passwort passwd pass word admin administrator root user guest test demo sample
	default login logon welcome hello secret master manager staff member letmein changeme access computer
	internet iloveyou love angel baby princess sunshine monkey dragon tiger football baseball soccer
	point points card shop store japan tokyo osaka nihon nippon sakura himawari hikari aishiteru ohayou
	konnichiwa arigatou pasuwaado anpanman neko inu love summer winter spring autumn
	january february march april june july august september october november december monday friday sunday`

// wordsOf gives the words to look for: those everywhere and those known, whole and in parts, small letters
// and digits only, at least three.
func wordsOf(known []string) []string {
	words := strings.Fields(everywhere)
	for _, text := range known {
		text = strings.ToLower(text)
		parts := strings.FieldsFunc(text, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9')
		})
		for _, word := range append(parts, strings.Join(parts, "")) {
			if len(word) >= shortest {
				words = append(words, word)
			}
		}
	}
	return words
}

// begins says whether a text begins with a word, also with the digits and marks that look like its letters.
func begins(text, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		if text[i] != word[i] && !looksLike(text[i], word[i]) {
			return false
		}
	}
	return true
}

func looksLike(written, letter byte) bool {
	const alike = "0o 1i 1l !i 3e 4a @a 5s $s 7t +t 8b 9g 2z |l"
	return strings.Contains(alike, string([]byte{written, letter}))
}
