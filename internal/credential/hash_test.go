// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-crypt/crypt/algorithm"
	cryptargon2 "github.com/go-crypt/crypt/algorithm/argon2"
	cryptpbkdf2 "github.com/go-crypt/crypt/algorithm/pbkdf2"
	. "github.com/onsi/gomega"

	"github.com/backoffice-operator/backoffice-operator/api/v1alpha1"
)

// The test of the reference implementation of Argon2: 64 MiB, 2 passes.
const (
	fromReference     = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	fromReferenceText = "password"
)

func TestEntropyAndPolicyChooseTheHash(t *testing.T) {
	p := NewPassword("correct horse")
	const fast, stretched, slow = "$pbkdf2-sha256$1000$", "$pbkdf2-sha256$600000$", "$argon2id$v=19$m=19456,t=2,p=1$"
	for sentence, c := range map[string]struct {
		entropy   float64
		algorithm v1alpha1.HashAlgorithm
		prefix    string
	}{
		"112 bits cannot be guessed":                  {112, v1alpha1.HashAuto, fast},
		"nor can the default structure's":             {standard().Entropy(), v1alpha1.HashAuto, fast},
		"less than 112 bits are slow to guess":        {111.99, v1alpha1.HashAuto, slow},
		"what is not known to be generated":           {0, v1alpha1.HashAuto, slow},
		"what is no number":                           {math.NaN(), v1alpha1.HashAuto, slow},
		"absent is Auto, for much":                    {112, "", fast},
		"absent is Auto, for little":                  {111.99, "", slow},
		"Argon2id whatever the entropy":               {400, v1alpha1.HashArgon2id, slow},
		"PBKDF2 for what cannot be guessed":           {112, v1alpha1.HashPBKDF2SHA256, fast},
		"PBKDF2 for what can, as OWASP recommends it": {111.99, v1alpha1.HashPBKDF2SHA256, stretched},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			phc, err := Hash(p, c.entropy, c.algorithm)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(phc).To(HavePrefix(c.prefix))
			v, err := parse(phc)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(v.salt).To(HaveLen(16))
			g.Expect(v.key).To(HaveLen(32))

			g.Expect(Verify(phc, p)).To(BeTrue())
		})
	}
}

func TestAVerifierFitsOnePassword(t *testing.T) {
	g := NewWithT(t)
	p := NewPassword("correct horse")
	for _, entropy := range []float64{0, 112} {
		phc, err := Hash(p, entropy, v1alpha1.HashAuto)
		g.Expect(err).NotTo(HaveOccurred())
		for _, wrong := range []Password{NewPassword("correct horsf"), NewPassword("correct horse "), NewPassword("Correct horse"), {}} {
			g.Expect(Verify(phc, wrong)).To(BeFalse())
		}
		again, err := Hash(p, entropy, v1alpha1.HashAuto)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(again).NotTo(Equal(phc), "the salt is random")
	}
}

func TestAnUnknownAlgorithmIsRefused(t *testing.T) {
	g := NewWithT(t)
	for _, a := range []v1alpha1.HashAlgorithm{"MD5", "auto", "argon2id", " "} {
		phc, err := Hash(NewPassword("correct horse"), 200, a)
		g.Expect(err).To(MatchError(And(ContainSubstring(string(a)), ContainSubstring("Auto, Argon2id and PBKDF2SHA256"))))
		g.Expect(phc).To(BeEmpty())
	}
}

func TestTheEmptyPasswordGetsNoVerifier(t *testing.T) {
	g := NewWithT(t)
	for _, p := range []Password{{}, NewPassword("")} {
		_, err := Hash(p, 200, v1alpha1.HashAuto)
		g.Expect(err).To(HaveOccurred())
	}
}

func TestTheEmptyPasswordFitsNothing(t *testing.T) {
	g := NewWithT(t)
	v := verifier{scheme: fast, salt: random(saltSize)}
	var err error
	v.key, err = v.scheme.derive("", v.salt, keySize)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(Verify(v.String(), Password{})).To(BeFalse())
}

// go-crypt reads and writes the same forms, by code of its own; its hash functions are copies of ours: see [fromOthers].
func TestOthersVerifyWhatHashMakes(t *testing.T) {
	for sentence, c := range map[string]struct {
		entropy float64
		decode  func(string) (algorithm.Digest, error)
	}{
		"PBKDF2":   {200, cryptpbkdf2.Decode},
		"Argon2id": {0, cryptargon2.Decode},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			// So often that each base64 digit occurs, also "." for "+".
			for range 8 {
				phc, err := Hash(NewPassword("correct horse"), c.entropy, v1alpha1.HashAuto)
				g.Expect(err).NotTo(HaveOccurred())
				digest, err := c.decode(phc)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(digest.Match("correct horse")).To(BeTrue())
				g.Expect(digest.Match("wrong horse")).To(BeFalse())
				g.Expect(digest.Encode()).To(Equal(phc))
			}
		})
	}
}

func TestVerifyUnderstandsWhatOthersMade(t *testing.T) {
	for sentence, c := range map[string]struct{ phc, password string }{
		"Python's hashlib":                    {fromOthers[0].phc, fromOthers[0].password},
		"the reference implementation's test": {fromReference, fromReferenceText},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(Verify(c.phc, NewPassword(c.password))).To(BeTrue())
			g.Expect(Verify(c.phc, NewPassword(c.password+"x"))).To(BeFalse())
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	const salt, key = "8PHy8/T19vf4.fr7/P3./w", "yNI0y7lEkFBlScgCvTGK6SECJdkjK0JbrZ26dspj1oc"
	const plainSalt = "8PHy8/T19vf4+fr7/P3+/w"
	for sentence, phc := range map[string]string{
		"nothing":                             "",
		"a plain text":                        "password",
		"another scheme":                      "$2b$12$EXRkfkdmXn2gzds2SSitu.MW9.gAVqa9eLS1//RYtYCmB1eLHg.9q",
		"another hash function":               "$pbkdf2-sha512$1000$" + salt + "$" + key,
		"another variant":                     "$argon2i$v=19$m=19456,t=2,p=1$" + plainSalt + "$" + key,
		"another version":                     "$argon2id$v=16$m=19456,t=2,p=1$" + plainSalt + "$" + key,
		"an absurd number of iterations":      "$pbkdf2-sha256$1000001$" + salt + "$" + key,
		"a number of iterations out of range": "$pbkdf2-sha256$99999999999999999999$" + salt + "$" + key,
		"no iterations":                       "$pbkdf2-sha256$0$" + salt + "$" + key,
		"negative iterations":                 "$pbkdf2-sha256$-1$" + salt + "$" + key,
		"a sign":                              "$pbkdf2-sha256$+1000$" + salt + "$" + key,
		"leading zeros":                       "$pbkdf2-sha256$01000$" + salt + "$" + key,
		"absurd memory":                       "$argon2id$v=19$m=65537,t=2,p=1$" + plainSalt + "$" + key,
		"memory out of range":                 "$argon2id$v=19$m=4294967296,t=2,p=1$" + plainSalt + "$" + key,
		"too little memory for its threads":   "$argon2id$v=19$m=31,t=2,p=4$" + plainSalt + "$" + key,
		"absurd passes":                       "$argon2id$v=19$m=19456,t=11,p=1$" + plainSalt + "$" + key,
		"no passes":                           "$argon2id$v=19$m=19456,t=0,p=1$" + plainSalt + "$" + key,
		"absurd threads":                      "$argon2id$v=19$m=19456,t=2,p=5$" + plainSalt + "$" + key,
		"no threads":                          "$argon2id$v=19$m=19456,t=2,p=0$" + plainSalt + "$" + key,
		"another order of parameters":         "$argon2id$v=19$t=2,m=19456,p=1$" + plainSalt + "$" + key,
		"more parameters":                     "$argon2id$v=19$m=19456,t=2,p=1,keyid=a$" + plainSalt + "$" + key,
		"a short salt":                        "$pbkdf2-sha256$1000$8PHy8/T19g$" + key,
		"a short key":                         "$pbkdf2-sha256$1000$" + salt + "$8PHy8/T19vf4",
		"an empty key":                        "$pbkdf2-sha256$1000$" + salt + "$",
		"no key":                              "$pbkdf2-sha256$1000$" + salt,
		"a long key":                          "$pbkdf2-sha256$1000$" + salt + "$" + strings.Repeat("AAAA", 22),
		"more fields":                         "$pbkdf2-sha256$1000$" + salt + "$" + key + "$",
		"something in front":                  "{PBKDF2}$pbkdf2-sha256$1000$" + salt + "$" + key,
		"plain base64 where adapted belongs":  "$pbkdf2-sha256$1000$" + plainSalt + "$" + key,
		"adapted base64 where plain belongs":  "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
		"padding":                             "$pbkdf2-sha256$1000$" + salt + "==$" + key,
		"a line break":                        "$pbkdf2-sha256$1000$" + salt + "$" + key + "\n",
		"stray bits at the end":               "$pbkdf2-sha256$1000$" + salt[:21] + "x$" + key,
		"a text without end":                  "$pbkdf2-sha256$1000$" + strings.Repeat("A", 1<<20) + "$" + key,
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			ok, err := Verify(phc, NewPassword(fromOthers[0].password))
			g.Expect(ok).To(BeFalse())
			g.Expect(err).To(MatchError(ErrVerifier))
			g.Expect(len(err.Error())).To(BeNumerically("<", 100))
			for _, part := range []string{salt, plainSalt, key} {
				g.Expect(err.Error()).NotTo(ContainSubstring(part[:8]))
			}
		})
	}
}

func TestTwoArgon2RunAtOnce(t *testing.T) {
	g := NewWithT(t)
	g.Expect(argon2Slots).To(HaveCap(2))
	for range cap(argon2Slots) {
		argon2Slots <- struct{}{}
	}
	done := make(chan error, 4)
	for range cap(done) {
		go func() {
			_, err := Hash(NewPassword("correct horse"), 0, v1alpha1.HashAuto)
			done <- err
		}()
	}
	g.Consistently(done).WithTimeout(100 * time.Millisecond).ShouldNot(Receive())
	<-argon2Slots
	<-argon2Slots
	for range cap(done) {
		g.Expect(<-done).To(Succeed())
	}
	g.Expect(argon2Slots).To(BeEmpty(), "each slot was given back")
}

func FuzzVerify(f *testing.F) {
	for _, seed := range []string{
		fromOthers[0].phc, fromOthers[6].phc, fromReference, "", "$", "$$$$", "$$$$$", "$argon2id$v=19$m=8,t=1,p=1$$", "$pbkdf2-sha256$1$AAAAAAAAAAA$",
		"$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, phc string) {
		g := NewWithT(t)
		v, err := parse(phc)
		if err != nil {
			g.Expect(err).To(MatchError(ErrVerifier))
			return
		}
		g.Expect(v.String()).To(Equal(phc))
		g.Expect(v.scheme.sane()).To(BeTrue())
		if s, ok := v.scheme.(argon2id); ok && s.memory > 1024 {
			return // parsing is what is fuzzed
		}
		ok, err := Verify(phc, NewPassword("nobody's password"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(ok).To(BeFalse())
	})
}
