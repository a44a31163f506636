create table countries (id integer primary key, code text not null, name text not null);
create table companies (
    id integer primary key,
    name text not null,
    status text not null default 'open' check (status in ('open', 'live', 'closed')),
    score integer not null default 0,
    price decimal(10, 2),
    active boolean not null default true,
    email varchar(20),
    founded date,
    created_at timestamp,
    settings json,
    note text,
    name_length integer generated always as (length(name)) virtual,
    country_id integer references countries (id)
);
create table employees (
    id integer primary key, name text not null, company_id integer not null references companies (id)
);
create table memberships (
    company_id integer not null references companies (id),
    employee_id integer not null references employees (id),
    role text not null,
    primary key (company_id, employee_id)
);
create view company_names as select id, name from companies;
insert into countries values (1, 'FR', 'France'), (2, 'DE', 'Germany');
insert into companies (id, name, status, score, price, email, country_id) values
    (1, 'Ada', 'open', 1, 10.50, 'ada@example.com', 1),
    (2, 'Grace', 'live', 5, null, null, 2),
    (3, '=Edsger', 'open', 0, 3, null, null);
insert into employees values (1, 'Linus', 1), (2, 'Margaret', 1), (3, 'Barbara', 2);
insert into memberships values (1, 1, 'owner'), (1, 2, 'member'), (2, 3, 'owner');
