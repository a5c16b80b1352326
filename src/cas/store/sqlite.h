// SPDX-License-Identifier: Apache-2.0
//
// The little of SQLite that the store uses, with errors as values. A Database is one connection, used by one thread at a
// time. Statements are compiled once and reset by themselves after every use.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::cas {

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Parameters count from 1, as in SQL. The bytes must live until the statement has run.
  Statement& bind(int at, int64_t value);
  Statement& bind(int at, std::string_view value);
  Statement& bind(int at, ByteView value);

  // True: a row is there, columns count from 0 and last until the next call. False: done. After false or an error the
  // statement is ready for new parameters.
  Result<bool, Error> step();
  // For statements without rows.
  Result<void, Error> run();
  int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string_view text(int column) const;
  ByteView blob(int column) const;
  void reset();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  Database() = default;
  static Result<Database, Error> open(const std::string& path, bool read_only);

  Result<Statement, Error> prepare(const char* sql) const;
  Result<void, Error> execute(const char* sql) const;
  Result<int64_t, Error> integer(const char* sql) const;
  // The error of the last call, as people and programs should see it.
  static Error error(sqlite3* database, const char* doing);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace redoubt::cas
