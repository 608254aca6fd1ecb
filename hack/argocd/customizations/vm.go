// Copyright 2026 The backoffice-operator Authors
// SPDX-License-Identifier: Apache-2.0

package customizations

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

// patience is how long Argo CD lets a script run.
const patience = time.Second

// run runs a script on an object, and decodes the table that it returns. It sees the object as obj, and the parameters as actionParams.
func run(script string, obj *unstructured.Unstructured, parameters map[string]string, result any) error {
	l := sandbox()
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	l.SetContext(ctx)

	table := l.CreateTable(0, len(parameters))
	for name, value := range parameters {
		table.RawSetString(name, lua.LString(value))
	}
	l.SetGlobal("actionParams", table)
	l.SetGlobal("obj", value(l, obj.DeepCopy().Object))
	if err := l.DoString(script); err != nil {
		return err
	}
	returned := l.Get(-1)
	if returned.Type() != lua.LTTable {
		return fmt.Errorf("the script returns a %s, not a table", returned.Type())
	}
	encoded, err := luajson.Encode(returned)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, result)
}

// sandbox is an interpreter as Argo CD sets it up where useOpenLibs is not set: there is no string library, and no method of a string.
func sandbox() *lua.LState {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	for name, open := range map[string]lua.LGFunction{lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			panic(err) // the interpreter's own libraries
		}
	}
	l.PreloadModule(lua.OsLibName, func(l *lua.LState) int {
		full := lua.NewState()
		defer full.Close()
		all := full.GetGlobal(lua.OsLibName).(*lua.LTable)
		some := l.NewTable()
		for _, name := range []string{"date", "time"} {
			some.RawSetString(name, l.NewFunction(all.RawGetString(name).(*lua.LFunction).GFunction))
		}
		l.Push(some)
		return 1
	})
	return l
}

// value is what a script sees of a value of a manifest.
func value(l *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case int64:
		return lua.LNumber(v)
	case string:
		return lua.LString(v)
	case []any:
		list := l.CreateTable(len(v), 0)
		for _, item := range v {
			list.Append(value(l, item))
		}
		return list
	case map[string]any:
		table := l.CreateTable(0, len(v))
		for key, item := range v {
			table.RawSetString(key, value(l, item))
		}
		return table
	}
	return lua.LNil
}
