module redoubt.test/calls

go 1.19
