// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"fmt"
	"strings"
	"sync"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemaobjectmeta "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"sigs.k8s.io/yaml"

	"github.com/backoffice-operator/backoffice-operator/config/crd"
)

// kindSchema is what the CustomResourceDefinition of a kind says.
type kindSchema struct {
	plural     string
	structural *structuralschema.Structural
	openAPI    schemavalidation.SchemaValidator
	cel        *schemacel.Validator
}

// schemas are those of our kinds. To compile the rules of one takes a moment, and is done when it is first asked for.
var schemas = map[string]func() *kindSchema{
	"BackOffice":     once("backoffices"),
	"BackOfficeUser": once("backofficeusers"),
	"PermissionSet":  once("permissionsets"),
	"RoleBinding":    once("rolebindings"),
}

func once(plural string) func() *kindSchema {
	return sync.OnceValue(func() *kindSchema {
		s, err := load(plural)
		if err != nil {
			panic(err) // the program carries the definitions itself
		}
		return s
	})
}

// load makes of a definition what the API server makes of it.
func load(plural string) (*kindSchema, error) {
	text, err := crd.Bases.ReadFile("bases/access.backoffice-operator.io_" + plural + ".yaml")
	if err != nil {
		return nil, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return nil, err
	}
	var internal apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(
		definition.Spec.Versions[0].Schema, &internal, nil); err != nil {
		return nil, err
	}
	s := &kindSchema{plural: plural}
	if s.structural, err = structuralschema.NewStructural(internal.OpenAPIV3Schema); err != nil {
		return nil, err
	}
	if s.openAPI, _, err = schemavalidation.NewSchemaValidator(internal.OpenAPIV3Schema); err != nil {
		return nil, err
	}
	s.cel = schemacel.NewValidator(s.structural, true, cel.PerCallLimit)
	return s, nil
}

// coerce does to an object what the API server does when it reads a request: it takes away what the schema does not know, and tells what that was.
func (s *kindSchema) coerce(u *unstructured.Unstructured) (unknown []string, err error) {
	kind, version := u.GetKind(), u.GetAPIVersion()
	meta, found, unknown, err := schemaobjectmeta.GetObjectMetaWithOptions(u.Object, schemaobjectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, err
	}
	unknown = append(unknown, pruning.PruneWithOptions(u.Object, s.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	defaulting.PruneNonNullableNullsWithoutDefaults(u.Object, s.structural)
	u.SetKind(kind)
	u.SetAPIVersion(version)
	if found {
		err = schemaobjectmeta.SetObjectMeta(u.Object, meta)
	}
	defaulting.Default(u.Object, s.structural)
	return unknown, err
}

// judge judges an object by the schema; old is nil where it is new.
func (s *kindSchema) judge(ctx context.Context, u, old *unstructured.Unstructured) field.ErrorList {
	if old == nil {
		return s.created(ctx, u)
	}
	return s.updated(ctx, u, old)
}

// created judges a new object by the schema alone, in the order of the API server.
func (s *kindSchema) created(ctx context.Context, u *unstructured.Unstructured) field.ErrorList {
	errs := validation.ValidateObjectMetaAccessor(u, true, validation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, schemavalidation.ValidateCustomResource(nil, u.Object, s.openAPI)...)
	errs = append(errs, schemaobjectmeta.Validate(ctx, nil, u.Object, s.structural, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, u.Object)...)
	errs = append(errs, s.rules(ctx, errs, u, nil)...)
	if len(errs) > 0 {
		return errs
	}
	return validation.ValidateObjectMetaAccessor(u, true, segment, field.NewPath("metadata"))
}

// updated judges a changed object likewise. What was wrong before and is not touched passes.
func (s *kindSchema) updated(ctx context.Context, u, old *unstructured.Unstructured) field.ErrorList {
	correlated := common.NewCorrelatedObject(u.Object, old.Object, &model.Structural{Structural: s.structural})
	metadata := field.NewPath("metadata")
	errs := validation.ValidateObjectMetaAccessor(u, true, segment, metadata)
	errs = append(errs, validation.ValidateObjectMetaAccessorUpdate(u, old, metadata)...)
	errs = append(errs, schemavalidation.ValidateCustomResourceUpdate(nil, u.Object, old.Object, s.openAPI, schemavalidation.WithRatcheting(correlated))...)
	errs = append(errs, schemaobjectmeta.Validate(ctx, nil, u.Object, s.structural, false)...)
	if len(listtype.ValidateListSetsAndMaps(nil, s.structural, old.Object)) == 0 {
		errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, u.Object)...)
	}
	return append(errs, s.rules(ctx, errs, u, old, schemacel.WithRatcheting(correlated))...)
}

// segment checks that a name can be a part of a path.
func segment(name string, prefix bool) []string { //nolint:revive // flag-parameter: what the API server calls has it.
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsPathSegmentName(name)
}

// rules are those in CEL, which are not asked where the object has not even the right shape.
func (s *kindSchema) rules(ctx context.Context, errs field.ErrorList, u, old *unstructured.Unstructured, options ...schemacel.Option) field.ErrorList {
	for _, err := range errs {
		switch err.Type { //nolint:exhaustive // The others do not keep the API server from asking the rules.
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return field.ErrorList{field.Invalid(nil, nil,
				"some validation rules were not checked because the object was invalid; correct the existing errors to complete validation")}
		}
	}
	var before any
	if old != nil {
		before = old.Object
	}
	found, _ := s.cel.Validate(ctx, nil, s.structural, u.Object, before, cel.RuntimeCELCostBudget, options...)
	return found
}

// discreet takes the values of personal data out of errors: the API server would print them.
func discreet(errs field.ErrorList) field.ErrorList {
	for _, err := range errs {
		if strings.HasPrefix(err.Field, "spec.profile") || strings.HasPrefix(err.Field, "spec.description") {
			err.BadValue = field.OmitValueType{}
		}
	}
	return errs
}

// strict is what the API server says of fields that it does not know.
func strict(u *unstructured.Unstructured, unknown []string) *metav1.Status {
	var errs []string
	details := &metav1.StatusDetails{Group: u.GroupVersionKind().Group, Kind: u.GetKind(), Name: u.GetName()}
	for _, name := range unknown {
		errs = append(errs, fmt.Sprintf("unknown field %q", name))
		details.Causes = append(details.Causes, metav1.StatusCause{Type: metav1.CauseTypeFieldValueNotSupported, Field: name, Message: "unknown field"})
	}
	return &metav1.Status{
		Status: metav1.StatusFailure, Reason: metav1.StatusReasonBadRequest, Code: 400, Details: details,
		Message: fmt.Sprintf("%s in version %q cannot be handled as a %s: strict decoding error: %s",
			u.GetKind(), u.GroupVersionKind().Version, u.GetKind(), strings.Join(errs, ", ")),
	}
}
