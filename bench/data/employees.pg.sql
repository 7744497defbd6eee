-- The target of the limit: the types and collations that a careful copy makes. Case-insensitive keys stay so.
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE TYPE employees_gender AS ENUM ('M', 'F');
CREATE TABLE departments (dept_no char(4) COLLATE ci NOT NULL, dept_name varchar(40) COLLATE ci NOT NULL);
CREATE TABLE employees (emp_no integer NOT NULL, birth_date date NOT NULL, first_name varchar(14) NOT NULL,
    last_name varchar(16) NOT NULL, gender employees_gender NOT NULL, hire_date date NOT NULL);
CREATE TABLE dept_emp (emp_no integer NOT NULL, dept_no char(4) COLLATE ci NOT NULL,
    from_date date NOT NULL, to_date date NOT NULL);
CREATE TABLE dept_manager (emp_no integer NOT NULL, dept_no char(4) COLLATE ci NOT NULL,
    from_date date NOT NULL, to_date date NOT NULL);
CREATE TABLE titles (emp_no integer NOT NULL, title varchar(50) COLLATE ci NOT NULL,
    from_date date NOT NULL, to_date date);
CREATE TABLE salaries (emp_no integer NOT NULL, salary integer NOT NULL,
    from_date date NOT NULL, to_date date NOT NULL);
