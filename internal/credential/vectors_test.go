// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// fromOthers are verifiers with our parameters which were made by implementations that share no code with ours. (go-crypt does: its Argon2 and its
// PBKDF2 are copies of golang.org/x/crypto's.) They are:
//
//	PBKDF2:   Python 3.11's standard library, hashlib.pbkdf2_hmac("sha256", password, salt, iterations, 32), which is OpenSSL's,
//	          in base64 without padding and with "." for "+".
//	Argon2id: the reference implementation in C, Debian's package argon2 0~20171227-0.3+deb12u1, what this prints:
//	          printf %s "$password" | argon2 "$salt" -id -t 2 -k 19456 -p 1 -l 32 -e
//
// The salts are 16 bytes each: from 0xf0 on, the text "sixteen bytes of", 0xfb 0xef in turn and 0xff, from 1 on, and from 0x7f on.
var fromOthers = []struct{ password, phc string }{
	{"Correct2horse3Battery4Sta", "$pbkdf2-sha256$1000$8PHy8/T19vf4.fr7/P3./w$yNI0y7lEkFBlScgCvTGK6SECJdkjK0JbrZ26dspj1oc"},
	{"x", "$pbkdf2-sha256$1000$c2l4dGVlbiBieXRlcyBvZg$hOovFUujkUGYZsbwDgr02vFqyv/5BcaBcvvIFfyqrkM"},
	{"пароль з їжачком 🦔", "$pbkdf2-sha256$1000$..................../w$4SlaHsg068q1zsoU1xE25LILUpa5oKkp.QieAwzdlyM"},
	{" -._~!\"#$%&'()*+,/:;<=>?@[\\]^`{|} ", "$pbkdf2-sha256$1000$AQIDBAUGBwgJCgsMDQ4PEA$tp1xhElmHPcuncaIw4XLNramH74iNkY4fDnUHjlADsQ"},
	{strings.Repeat("A2b", 42), "$pbkdf2-sha256$1000$f4CBgoOEhYaHiImKi4yNjg$fd/z3e7rfh2zGkotyHpW/A0OTenBwiIopIaO9Wdp3j4"},
	{"пароль з їжачком 🦔", "$pbkdf2-sha256$600000$..................../w$twUaYTCUrWZWe74tpwrzP0lvgazKjRl.tCf4P46DWbo"},
	{"Correct2horse3Battery4Sta", "$argon2id$v=19$m=19456,t=2,p=1$8PHy8/T19vf4+fr7/P3+/w$Wrp/OselOMlklcE44uMRp35mUMU5LY1QkEFch6oOE1Y"},
	{"x", "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$mzGUrND2KRez5upDH1BAe1K+wVVDXk971o+gJA/Q+cc"},
	{"пароль з їжачком 🦔", "$argon2id$v=19$m=19456,t=2,p=1$++++++++++++++++++++/w$e4Y9b2idKnXOwdsqTHrB9gkeTWpvUSIRmiLwZXlBL1c"},
	{" -._~!\"#$%&'()*+,/:;<=>?@[\\]^`{|} ", "$argon2id$v=19$m=19456,t=2,p=1$AQIDBAUGBwgJCgsMDQ4PEA$QyF4y47gryHQt1p2EXnfDzjyXek2ghOAfDCQXzzwPzo"},
	{strings.Repeat("A2b", 42), "$argon2id$v=19$m=19456,t=2,p=1$f4CBgoOEhYaHiImKi4yNjg$w6UrGzusg0m2gYFtS9DbWYSsJed4lYbhhA/cKEEMKCE"},
}

// TestOthersMakeTheSameOfPasswordAndSalt is why they verify what Hash makes: checking is making it again and comparing.
func TestOthersMakeTheSameOfPasswordAndSalt(t *testing.T) {
	schemes := map[scheme]int{}
	for _, v := range fromOthers {
		t.Run(v.phc[:30]+" of "+v.password[:1], func(t *testing.T) {
			g := NewWithT(t)
			read, err := parse(v.phc)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(read.salt).To(HaveLen(saltSize))
			schemes[read.scheme]++

			made := verifier{scheme: read.scheme, salt: read.salt}
			made.key, err = made.scheme.derive(v.password, made.salt, keySize)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(made.String()).To(Equal(v.phc))
		})
	}
	NewWithT(t).Expect(schemes).To(And(HaveLen(3), HaveKey(scheme(fast)), HaveKey(scheme(stretched)), HaveKey(scheme(slow))), "all that Hash makes")
}
