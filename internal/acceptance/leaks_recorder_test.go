// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// recorder keeps what is heard of the operator, and what nobody may hear. It is safe for concurrent use.
type recorder struct {
	mutex sync.Mutex
	// heard are the texts of each place, one after the other, and seen those that are there already.
	heard map[string]*bytes.Buffer
	seen  map[uint64]bool
	seed  maphash.Seed
	// secrets say of each text that nobody may hear what it is. public texts are known to everybody: names, which a profile may repeat.
	secrets map[string]string
	public  map[string]bool
}

func newRecorder() *recorder {
	return &recorder{
		heard: map[string]*bytes.Buffer{}, seen: map[uint64]bool{}, seed: maphash.MakeSeed(), secrets: map[string]string{}, public: map[string]bool{},
	}
}

// hears keeps a text that was heard in a place, such as the log.
func (r *recorder) hears(place, text string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	sum := maphash.String(r.seed, place+"\x00"+text)
	if r.seen[sum] {
		return
	}
	r.seen[sum] = true
	if r.heard[place] == nil {
		r.heard[place] = &bytes.Buffer{}
	}
	r.heard[place].WriteString(text + "\n")
}

// keeps says that a text is secret, and what it is.
func (r *recorder) keeps(what, secret string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.secrets[secret] = what
}

// names says that a text is known to everybody.
func (r *recorder) names(names ...string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, name := range names {
		r.public[strings.ToLower(name)] = true
	}
}

const (
	// shortest is the length of the shortest secret that is looked for: shorter ones are found in anything.
	shortest = 4
	// shortestPassword is that of passwords. Specs supply shorter ones, words among them, in order to see them refused.
	shortestPassword = 8
	// around is how much of its surroundings is shown of what is found.
	around = 100
	// ofProfile ends what is said of personal data.
	ofProfile = " of a profile"
)

// verifiers finds any verifier, whosever it is.
var verifiers = regexp.MustCompile(`\$(?:pbkdf2-sha256\$[0-9]+|argon2id\$v=[0-9]+\$m=[0-9]+,t=[0-9]+,p=[0-9]+)\$[A-Za-z0-9./+]{8,}\$[A-Za-z0-9./+]{16,}`)

// leaks says of each secret that was heard what it is, where it was, and what stands around it. It does not repeat it.
func (r *recorder) leaks() (found []string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	patterns := map[string]string{}
	for secret, what := range r.secrets {
		if len(secret) < shortest || strings.HasSuffix(what, ofProfile) && r.isPublic(secret) {
			continue
		}
		for _, form := range forms(secret) {
			if patterns[form.text] == "" {
				patterns[form.text] = what + form.how
			}
		}
	}
	look := newSearch(patterns)
	for place, said := range r.heard {
		for what, context := range look.in(said.Bytes()) {
			found = append(found, fmt.Sprintf("%s in the %s: %s", what, place, context))
		}
		if verifiers.Match(said.Bytes()) {
			found = append(found, "a verifier in the "+place)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// isPublic tells whether somebody's name is, or contains, that text.
func (r *recorder) isPublic(secret string) bool {
	secret = strings.ToLower(secret)
	for name := range r.public {
		if strings.Contains(name, secret) {
			return true
		}
	}
	return false
}

// form is a way in which a text may be written, and what is to be said of it.
type form struct{ text, how string }

// forms are these ways, the plain one first. An e-mail address is one whatever its case.
func forms(text string) []form {
	inJSON, numbers := jsonOf(text), strings.Trim(fmt.Sprintf("%d", []byte(text)), "[]")
	all := []form{
		{text, ""},
		{inJSON, " in JSON"},
		{jsonOf(inJSON), " in JSON in JSON"},
		{inside(strconv.Quote(text)), " in quotes"},
		{base64.RawStdEncoding.EncodeToString([]byte(text)), " in base64"},
		{base64.RawURLEncoding.EncodeToString([]byte(text)), " in base64"},
		{hex.EncodeToString([]byte(text)), " in hexadecimal"},
		{url.QueryEscape(text), " in a URL"},
		{url.PathEscape(text), " in a URL"},
		{numbers, " as numbers"},
		{strings.ReplaceAll(numbers, " ", ","), " as numbers"},
	}
	if strings.Contains(text, "@") {
		all = append(all, form{strings.ToLower(text), " in lower case"}, form{strings.ToUpper(text), " in upper case"})
	}
	return all
}

// jsonOf is a text inside the quotes of JSON.
func jsonOf(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // of a string
	}
	return inside(string(quoted))
}

// inside is what stands between quotes.
func inside(quoted string) string { return quoted[1 : len(quoted)-1] }

// search looks for many texts at once: by the first bytes of each, then by the whole.
type search struct {
	by    map[[shortest]byte][]string
	first [1 << 16]bool // whether any begins with these two bytes
	what  map[string]string
}

func newSearch(what map[string]string) *search {
	s := &search{by: map[[shortest]byte][]string{}, what: what}
	for text := range what {
		key := [shortest]byte([]byte(text))
		s.by[key] = append(s.by[key], text)
		s.first[int(text[0])<<8|int(text[1])] = true
	}
	return s
}

// in says what was found, and what stands around the first one.
func (s *search) in(said []byte) map[string]string {
	found := map[string]string{}
	for i := 0; i+shortest <= len(said); i++ {
		if !s.first[int(said[i])<<8|int(said[i+1])] {
			continue
		}
		for _, text := range s.by[[shortest]byte(said[i:])] {
			if what := s.what[text]; found[what] == "" && bytes.HasPrefix(said[i:], []byte(text)) {
				found[what] = fmt.Sprintf("%s[it]%s", said[max(0, i-around):i], said[i+len(text):min(len(said), i+len(text)+around)])
			}
		}
	}
	return found
}
